// Applies the chosen theme before the first paint. A classic script on purpose: modules run too late for that.

(() => {
  let theme = "auto";
  try {
    theme = localStorage.getItem("errand.theme") ?? "auto";
  } catch {
    // Storage is forbidden: the system's theme it is.
  }
  if (theme !== "auto") document.documentElement.dataset.theme = theme;
})();
