// Colours, sizes and type of Errand, once for light and dark; the page and the component adopt the same sheet.

export const tokenSheet = new CSSStyleSheet();
tokenSheet.replaceSync(`
:root, :host {
  color-scheme: light dark;
  --ground: light-dark(#faf9f7, #161614);
  --surface: light-dark(#ffffff, #1e1e1b);
  --raised: light-dark(#f4f2ee, #272723);
  --line: light-dark(#e5e1da, #34332e);
  --line-strong: light-dark(#8d877c, #7d7a70);
  --text: light-dark(#1d1c19, #edebe5);
  --muted: light-dark(#635f57, #a8a499);
  --accent: light-dark(#176b57, #5cc4a5);
  --accent-strong: light-dark(#0f5545, #7fd6bb);
  --accent-soft: light-dark(#e3f1ec, #1d322b);
  --on-accent: light-dark(#ffffff, #0b1f18);
  --good: light-dark(#1a7346, #62c793);
  --good-soft: light-dark(#e5f4ea, #1c3024);
  --bad: light-dark(#b3261e, #ff9a90);
  --bad-soft: light-dark(#fcebe9, #3a201d);
  --warn: light-dark(#7f5200, #e6b45c);
  --warn-soft: light-dark(#fdf3de, #33290f);
  --info: light-dark(#3a5a8c, #93b4e8);
  --info-soft: light-dark(#e9eff8, #1e2838);
  --shadow: light-dark(0 1px 2px rgb(40 35 25 / 6%), 0 1px 2px rgb(0 0 0 / 40%));
  --shadow-high: light-dark(0 10px 40px rgb(40 35 25 / 16%), 0 10px 40px rgb(0 0 0 / 60%));
  --radius: 14px;
  --radius-small: 9px;
  --font: ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", Arial, sans-serif;
  --mono: ui-monospace, "SF Mono", "Cascadia Code", Menlo, Consolas, "Liberation Mono", monospace;
}
:root[data-theme="light"], :host([theme="light"]) { color-scheme: light; }
:root[data-theme="dark"], :host([theme="dark"]) { color-scheme: dark; }

*, *::before, *::after { box-sizing: border-box; }
[hidden] { display: none !important; }
.hidden { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.muted { color: var(--muted); }
:focus { outline: none; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }

.icon { width: 1em; height: 1em; flex: none; fill: none; stroke: currentColor; stroke-width: 1.6; stroke-linecap: round; stroke-linejoin: round; }
.icon-spinner { animation: turn 0.9s linear infinite; }
@keyframes turn { to { transform: rotate(1turn); } }
.mark { width: 100%; height: 100%; display: block; fill: none; stroke-linecap: round; stroke-linejoin: round; }
.mark-ground { fill: var(--accent); }
.mark-way { stroke: var(--on-accent); stroke-width: 2.4; opacity: 0.55; }
.mark-tick { stroke: var(--on-accent); stroke-width: 3; }
.mark-start { fill: var(--on-accent); }

button, input, select, textarea { font: inherit; color: inherit; letter-spacing: inherit; }
button { cursor: pointer; }
button:disabled { cursor: default; }
.button {
  display: inline-flex; align-items: center; justify-content: center; gap: 6px; min-height: 36px; padding: 6px 14px;
  border: 1px solid var(--line-strong); border-radius: var(--radius-small); background: var(--surface); color: var(--text);
  font-size: 14px; font-weight: 550; line-height: 1.3; transition: background 0.12s, border-color 0.12s, transform 0.12s;
}
.button:hover { background: var(--raised); }
.button:active { transform: translateY(1px); }
.button-primary { border-color: var(--accent); background: var(--accent); color: var(--on-accent); }
.button-primary:hover { border-color: var(--accent-strong); background: var(--accent-strong); }
.button-danger { border-color: transparent; background: none; color: var(--bad); }
.button-danger:hover { background: var(--bad-soft); }
.button-danger-solid { border-color: var(--bad); background: var(--bad); color: light-dark(#fff, #2a0b08); }
.button-danger-solid:hover { background: var(--bad); filter: brightness(0.93); }
.button[aria-busy="true"] { position: relative; pointer-events: none; }
.button[aria-busy="true"]::after, .option[aria-busy="true"]::after {
  content: ""; width: 12px; height: 12px; flex: none; border: 2px solid currentColor; border-right-color: transparent;
  border-radius: 50%; animation: turn 0.9s linear infinite;
}
.link { padding: 0; border: 0; background: none; color: var(--accent); font-weight: 550; text-decoration: underline; text-underline-offset: 2px; }

.field { display: grid; gap: 5px; }
.field label { font-size: 13.5px; font-weight: 550; }
.optional { margin-left: 6px; color: var(--muted); font-weight: 400; }
.field :is(input, select, textarea) {
  width: 100%; min-height: 38px; padding: 7px 11px; border: 1px solid var(--line-strong); border-radius: var(--radius-small);
  background: var(--surface); color: var(--text); font-size: 16px; line-height: 1.4;
}
.field textarea { resize: vertical; }
.field :is(input, select, textarea):focus-visible { outline-offset: 0; border-color: var(--accent); }
.field [aria-invalid="true"] { border-color: var(--bad); }
.field-check { grid-template-columns: auto 1fr; align-items: center; column-gap: 9px; }
.field-check > p { grid-column: 1 / -1; }
.field input[type="checkbox"] { width: 18px; height: 18px; min-height: 0; margin: 0; accent-color: var(--accent); }
.hint { margin: 0; color: var(--muted); font-size: 13px; }
.field-error { display: flex; gap: 6px; align-items: baseline; margin: 0; color: var(--bad); font-size: 13px; font-weight: 500; }
.field-error .icon { position: relative; top: 2px; }

@media (min-width: 640px) { .field :is(input, select, textarea) { font-size: 14.5px; } }
@media (prefers-reduced-motion: reduce) {
  *, *::before, *::after { animation-duration: 0.001s !important; animation-iteration-count: 1 !important; transition: none !important; scroll-behavior: auto !important; }
  .icon-spinner { stroke-dasharray: 2 3; }
}
@media (forced-colors: active) { .mark-ground { fill: CanvasText; } .mark-way, .mark-tick { stroke: Canvas; } .mark-start { fill: Canvas; } }
`);
