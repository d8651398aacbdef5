// Basic accessibility checks over a page and its open shadow roots: names, labels, ids, contrast. Returns findings.
() => {
  const findings = [];
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const all = (root) => [...root.querySelectorAll("*")].flatMap((one) => [one, ...(one.shadowRoot ? all(one.shadowRoot) : [])]);
  const isShown = (one) => one.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && !one.closest("[inert]");
  const parent = (one) => one.parentElement ?? one.getRootNode().host ?? null;
  const say = (one, what) => findings.push(`${what}: ${one.outerHTML.slice(0, 120)}`);

  const name = (one) => {
    const root = one.getRootNode();
    const referred = (one.getAttribute("aria-labelledby") ?? "").split(" ").filter(Boolean).map((id) => root.getElementById(id)?.textContent ?? "");
    const labels = [...(one.labels ?? [])].map((label) => label.textContent);
    return [one.getAttribute("aria-label") ?? "", ...referred, ...labels, one.matches("input, select, textarea") ? "" : one.textContent].join("").trim();
  };
  const pixel = (colour, ground) => {
    canvas.clearRect(0, 0, 1, 1);
    if (ground) {
      canvas.fillStyle = `rgb(${ground.join(" ")})`;
      canvas.fillRect(0, 0, 1, 1);
    }
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const ground = (one) => {
    const layers = [];
    for (let at = one; at; at = parent(at)) layers.push(getComputedStyle(at).backgroundColor);
    let colour = [255, 255, 255];
    for (const layer of layers.reverse()) colour = pixel(layer, colour).slice(0, 3);
    return colour;
  };
  const light = (rgb) => {
    const [r, g, b] = rgb.map((value) => value / 255).map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one, other) => {
    const [high, low] = [light(one), light(other)].sort((x, y) => y - x);
    return (high + 0.05) / (low + 0.05);
  };

  const elements = all(document).filter((one) => isShown(one));
  for (const one of elements) {
    if (one.matches("button, a[href], input:not([type=hidden]), select, textarea, summary, [role=button], dialog, section[aria-label]") && !name(one)) say(one, "no name");
    if (one.matches("img:not([alt])")) say(one, "no alt");
    if (one.matches("svg:not([aria-hidden])")) say(one, "a drawing that is read aloud");
    const describedBy = (one.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean);
    for (const id of describedBy) if (!one.getRootNode().getElementById(id)) say(one, `describedby ${id} is nowhere`);
    if (one.id && one.getRootNode().querySelectorAll(`#${CSS.escape(one.id)}`).length > 1) say(one, "id twice");
    if (one.tabIndex > 0) say(one, "a tab order of its own");
    const text = [...one.childNodes].filter((child) => child.nodeType === Node.TEXT_NODE).map((child) => child.data.trim()).join("");
    if (!text || one.closest(".hidden, [aria-hidden=true], option, datalist, script, style, title") || one.matches(":disabled")) continue;
    const style = getComputedStyle(one);
    const behind = ground(one);
    const ratio = contrast(pixel(style.color, behind).slice(0, 3), behind);
    const isLarge = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (isLarge ? 3 : 4.5)) say(one, `contrast ${ratio.toFixed(2)}`);
  }
  const headings = elements.filter((one) => one.matches("h1"));
  if (headings.length > 1) say(headings[1], "two h1");
  return findings;
};
