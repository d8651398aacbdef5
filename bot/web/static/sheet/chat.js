// The look of the conversation: messages, composer, banners, the empty state.

export const chatSheet = new CSSStyleSheet();
chatSheet.replaceSync(`
:host { display: block; min-height: 20rem; background: var(--ground); color: var(--text); font: 400 15px/1.55 var(--font); -webkit-font-smoothing: antialiased; }
:host([hidden]) { display: none; }
.chat { position: relative; display: flex; flex-direction: column; height: 100%; min-height: inherit; }
.column { width: 100%; max-width: 48rem; margin: 0 auto; padding: 0 20px; }
.scroll { flex: 1; min-height: 0; overflow: hidden auto; scrollbar-gutter: stable; overscroll-behavior: contain; scrollbar-color: var(--line) transparent; }
.scroll:focus-visible { outline-offset: -2px; }
.log { display: flex; flex-direction: column; gap: 4px; padding-top: 20px; }
.end { height: 20px; }

.message { display: grid; grid-template-columns: 30px minmax(0, 1fr); column-gap: 12px; position: relative; padding-top: 12px; animation: come 0.18s ease-out; }
@keyframes come { from { opacity: 0; transform: translateY(5px); } }
.avatar { width: 28px; height: 28px; margin-top: 1px; }
.message.from-errand + .message.from-errand { padding-top: 6px; }
.message.from-errand + .message.from-errand .avatar { visibility: hidden; height: 0; }
.parts { display: grid; gap: 10px; grid-template-columns: minmax(0, 1fr); }
.parts > .prose:first-of-type { padding-top: 3px; }
.message.from-person { grid-template-columns: minmax(0, 1fr); justify-items: end; padding-top: 16px; }
.bubble { max-width: min(85%, 38rem); padding: 8px 14px; border-radius: 18px 18px 5px 18px; background: var(--accent-soft); }
.said { white-space: pre-wrap; overflow-wrap: anywhere; }
.at { position: absolute; right: 0; top: -4px; color: var(--muted); font-size: 11.5px; font-variant-numeric: tabular-nums; opacity: 0; transition: opacity 0.12s; pointer-events: none; }
.message:hover .at, .message:focus-within .at { opacity: 1; }
.is-echo .bubble { opacity: 0.72; }
.is-failed .bubble { opacity: 1; background: var(--bad-soft); }
.sending { margin-top: 3px; color: var(--muted); font-size: 12px; line-height: 1; }
.not-sent { display: flex; flex-wrap: wrap; gap: 6px; align-items: center; justify-content: end; margin-top: 4px; color: var(--bad); font-size: 13px; }

.divider { display: flex; align-items: center; gap: 12px; margin: 14px 0 2px; color: var(--muted); font-size: 12.5px; font-weight: 500; }
.divider::before, .divider::after { content: ""; flex: 1; height: 1px; background: var(--line); }
.typing.is-covered { display: none; }
.typing { display: flex; gap: 12px; align-items: center; padding-top: 14px; }
.dots { display: flex; gap: 5px; }
.dots i { width: 7px; height: 7px; border-radius: 50%; background: var(--muted); animation: wave 1.1s ease-in-out infinite; }
.dots i:nth-child(2) { animation-delay: 0.14s; }
.dots i:nth-child(3) { animation-delay: 0.28s; }
@keyframes wave { 0%, 60%, 100% { opacity: 0.35; transform: none; } 30% { opacity: 1; transform: translateY(-3px); } }
.jump {
  position: sticky; bottom: 12px; left: 50%; display: flex; gap: 6px; align-items: center; width: max-content; padding: 7px 14px; transform: translateX(-50%);
  border: 1px solid var(--line); border-radius: 99px; background: var(--surface); box-shadow: var(--shadow-high); color: var(--text); font-size: 13px; font-weight: 550;
}

.prose { overflow-wrap: anywhere; }
.prose > :first-child { margin-top: 0; }
.prose > :last-child { margin-bottom: 0; }
.prose :where(p, ul, ol, pre, blockquote, .table) { margin: 0 0 0.6em; }
.prose :is(ul, ol) { padding-left: 1.35em; }
.prose li + li { margin-top: 0.2em; }
.prose :is(h1, h2, h3, h4, h5, h6) { margin: 0.9em 0 0.35em; font-size: 1.05em; font-weight: 620; line-height: 1.35; }
.prose a { color: var(--accent); text-underline-offset: 2px; text-decoration-thickness: 1px; }
.prose code { padding: 0.1em 0.35em; border-radius: 5px; background: var(--raised); font: 0.88em/1.4 var(--mono); }
.prose pre { max-height: 24rem; padding: 11px 14px; overflow: auto; border: 1px solid var(--line); border-radius: var(--radius-small); background: var(--raised); }
.prose pre code { padding: 0; background: none; }
.prose blockquote { padding-left: 12px; border-left: 3px solid var(--line); color: var(--muted); }
.prose hr { height: 1px; border: 0; background: var(--line); }
.table { overflow-x: auto; }
.prose table { border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums; }
.prose :is(th, td) { padding: 5px 12px 5px 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
.prose th { color: var(--muted); font-weight: 550; white-space: nowrap; }

.banner { display: flex; gap: 9px; align-items: baseline; justify-content: center; padding: 9px 20px; background: var(--warn-soft); color: var(--warn); font-size: 13.5px; font-weight: 500; }
.banner .icon { position: relative; top: 2px; }
.banner-error { background: var(--bad-soft); color: var(--bad); }

.welcome { display: grid; justify-items: center; gap: 6px; padding: clamp(24px, 14vh, 130px) 0 20px; text-align: center; }
.welcome > .mark { width: 52px; height: 52px; margin-bottom: 12px; }
.welcome h2 { margin: 0; font-size: 24px; font-weight: 640; letter-spacing: -0.015em; line-height: 1.25; }
.welcome p { max-width: 30rem; margin: 0 0 18px; text-wrap: balance; }
.welcome .options { width: 100%; max-width: 32rem; }

.foot { margin-top: -4px; padding: 4px 0 max(8px, env(safe-area-inset-bottom)); overflow: hidden; scrollbar-gutter: stable; background: var(--ground); }
.composer { display: grid; grid-template-columns: auto minmax(0, 1fr) auto; align-items: end; gap: 4px; padding: 6px; border: 1px solid var(--line-strong); border-radius: 18px; background: var(--surface); box-shadow: var(--shadow); transition: border-color 0.12s, box-shadow 0.12s; }
.composer:focus-within { border-color: var(--accent); box-shadow: 0 0 0 3px var(--accent-soft); }
.input { width: 100%; min-height: 36px; max-height: 220px; padding: 7px 4px; border: 0; background: none; font-size: 16px; line-height: 22px; resize: none; scrollbar-width: thin; }
.input:focus-visible { outline: none; }
.input::placeholder { color: var(--muted); opacity: 1; }
.attach, .send { display: grid; place-items: center; width: 36px; height: 36px; padding: 0; border: 0; border-radius: 12px; background: none; font-size: 18px; }
.attach { color: var(--muted); }
.attach:hover { background: var(--raised); color: var(--text); }
.send { background: var(--accent); color: var(--on-accent); transition: background 0.12s, opacity 0.12s; }
.send:hover:enabled { background: var(--accent-strong); }
.send:disabled { background: var(--raised); color: var(--muted); }
.held { padding-block: 10px; color: var(--muted); font-size: 14px; text-align: center; }
.held a { color: var(--accent); }
.keys { margin: 6px 0 0; color: var(--muted); font-size: 12px; text-align: center; }
.keys kbd { font: inherit; font-weight: 600; }
.key + .key::before { content: " · "; }

.chips { grid-column: 1 / -1; display: flex; flex-wrap: wrap; gap: 6px; max-height: min(190px, 30vh); margin: 0; padding: 2px; overflow-y: auto; list-style: none; scrollbar-width: thin; }
.chip { display: flex; align-items: center; gap: 7px; min-width: 0; max-width: 100%; padding: 2px 2px 2px 10px; border: 1px solid var(--line); border-radius: 12px; background: var(--raised); font-size: 13.5px; line-height: 1.35; }
.chip > .icon, .chip-note { color: var(--muted); }
.chip-name { min-width: 3em; overflow: hidden; font-weight: 550; text-overflow: ellipsis; white-space: nowrap; }
.chip-note { flex: none; }
.chip-off { display: grid; place-items: center; flex: none; width: 30px; height: 30px; padding: 0; border: 0; border-radius: 10px; background: none; color: var(--muted); font-size: 14px; }
.chip-off:hover { background: var(--line); color: var(--text); }
.chip.is-failed { border-color: transparent; background: var(--bad-soft); }
.chip.is-failed .icon, .chip.is-failed .chip-note { color: var(--bad); }
.chip.is-failed .chip-note { flex: 1 1 auto; min-width: 0; padding: 4px 0; }
.is-dropping .composer { border-color: var(--accent); box-shadow: 0 0 0 3px var(--accent-soft); background: var(--accent-soft); }
.sent { display: flex; flex-wrap: wrap; gap: 4px 14px; margin: 0; padding: 0; list-style: none; }
.said + .sent { margin-top: 3px; }
.file { display: inline-flex; align-items: baseline; gap: 6px; overflow-wrap: anywhere; }
.file > .icon { position: relative; top: 2px; }
a.file { color: var(--accent); text-underline-offset: 2px; text-decoration-thickness: 1px; }

@media (min-width: 640px) { .input { font-size: 15px; } }
@media (max-width: 639px) {
  .column { padding: 0 12px; }
  .message { grid-template-columns: minmax(0, 1fr); }
  .message > .avatar, .typing > .avatar { display: none; }
  .bubble { max-width: 90%; }
  .welcome { padding-top: 32px; }
}
@media (hover: none), (max-width: 639px) { .keys { display: none; } }
`);
