// The look of cards: proposals, runs, saved automations, forms, lists, choices.

export const cardSheet = new CSSStyleSheet();
cardSheet.replaceSync(`
.card { display: grid; grid-template-columns: minmax(0, 1fr); gap: 14px; padding: 16px 18px; border: 1px solid var(--line); border-radius: var(--radius); background: var(--surface); box-shadow: var(--shadow); }
.card-head { display: grid; gap: 2px; }
.card h3 { margin: 0; font-size: 16px; font-weight: 640; letter-spacing: -0.006em; line-height: 1.35; overflow-wrap: anywhere; }
.card h4 { margin: 0 0 8px; color: var(--muted); font-size: 12.5px; font-weight: 600; }
.card p:not(.prose p) { margin: 0; }
.summary, .state-text { color: var(--muted); font-size: 14px; overflow-wrap: anywhere; }
.eyebrow { display: flex; gap: 6px; align-items: center; color: var(--accent); font-size: 12.5px; font-weight: 600; }
.actions { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; }
.ask { flex-basis: 100%; font-size: 14px; font-weight: 550; }

.proposal.is-open { border-color: color-mix(in srgb, var(--accent) 45%, var(--line)); }
.proposal.is-approved .eyebrow { color: var(--good); }
.proposal:is(.is-declined, .is-superseded) { gap: 8px; background: none; box-shadow: none; }
.proposal:is(.is-declined, .is-superseded) :is(.eyebrow, h3) { color: var(--muted); }
.proposal:is(.is-approved, .is-declined, .is-superseded) h3 { font-size: 15px; }
.more > summary { display: inline-flex; gap: 5px; align-items: center; padding: 2px 6px 2px 0; border-radius: 6px; color: var(--muted); font-size: 13.5px; font-weight: 550; cursor: pointer; list-style: none; }
.more > summary::-webkit-details-marker { display: none; }
.more > summary .icon { transition: transform 0.12s; }
.more[open] > summary .icon { transform: rotate(90deg); }
.more[open] > summary { margin-bottom: 10px; }
.more > * + * + * { margin-top: 14px; }

.when { display: flex; gap: 11px; padding: 11px 13px; border-radius: var(--radius-small); background: var(--raised); font-size: 14px; }
.when > .icon { margin-top: 3px; color: var(--accent); font-size: 16px; }
.when-words { font-weight: 550; overflow-wrap: anywhere; }
.when-words::first-letter { text-transform: uppercase; }
.when code { font: 12.5px/1.5 var(--mono); font-weight: 400; overflow-wrap: anywhere; }
.when .link { margin-left: 8px; font-size: 13px; white-space: nowrap; }
.zone { color: var(--muted); font-size: 12.5px; font-weight: 400; white-space: nowrap; }
.next { display: flex; flex-wrap: wrap; gap: 2px 18px; margin: 3px 0 0; padding: 0; color: var(--muted); font-size: 13px; font-variant-numeric: tabular-nums; list-style: none; }
.next li + li::before { content: ""; display: inline-block; width: 3px; height: 3px; margin: 0 8px 3px -11px; border-radius: 50%; background: currentColor; }

.values { display: grid; gap: 0; margin: 0; border-top: 1px solid var(--line); }
.value { display: grid; grid-template-columns: minmax(6rem, 9.5rem) minmax(0, 1fr); gap: 2px 14px; align-items: baseline; padding: 7px 0; border-bottom: 1px solid var(--line); }
.value dt { color: var(--muted); font-size: 13.5px; overflow-wrap: anywhere; }
.value dd { display: flex; gap: 4px 10px; align-items: baseline; justify-content: space-between; margin: 0; font-size: 14.5px; }
.value-text { min-width: 0; max-height: 12rem; overflow: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
.tag { flex: none; color: var(--muted); font-size: 12px; white-space: nowrap; }
.tag-message { color: var(--accent); }
.is-changed { position: relative; }
.is-changed::before { content: ""; position: absolute; inset: 5px auto 5px -10px; width: 3px; border-radius: 3px; background: var(--warn); }
.is-changed .value-text { font-weight: 600; }
.is-changed .tag { color: var(--warn); font-weight: 600; }

.steps, .progress, .items, .warnings { margin: 0; padding: 0; list-style: none; }
.steps { display: grid; gap: 12px; }
.step { position: relative; display: grid; grid-template-columns: 24px minmax(0, 1fr); gap: 11px; }
.step:not(:last-child)::after { content: ""; position: absolute; top: 26px; bottom: -10px; left: 11.5px; width: 1px; background: var(--line); }
.step-number { display: grid; place-items: center; width: 24px; height: 24px; border: 1px solid var(--line); border-radius: 50%; background: var(--surface); color: var(--muted); font-size: 12px; font-weight: 600; font-variant-numeric: tabular-nums; }
.step-title { display: flex; flex-wrap: wrap; gap: 3px 8px; align-items: center; min-height: 24px; font-size: 14.5px; font-weight: 550; line-height: 24px; overflow-wrap: anywhere; }
.step-title > span:first-child { min-width: 0; }
.step-summary { color: var(--muted); font-size: 13.5px; overflow-wrap: anywhere; }
.badge { display: inline-flex; gap: 4px; align-items: center; padding: 1px 7px; border-radius: 6px; background: var(--raised); color: var(--muted); font-size: 12px; font-weight: 550; line-height: 18px; white-space: nowrap; }
.badge .icon { font-size: 11px; }
.badge-once { background: var(--info-soft); color: var(--info); }
.badge-risk { background: var(--bad-soft); color: var(--bad); }
.accounts { display: flex; gap: 8px; align-items: center; color: var(--muted); font-size: 13.5px; }
.warnings { display: grid; gap: 6px; padding: 10px 13px; border-radius: var(--radius-small); background: var(--warn-soft); color: var(--warn); font-size: 14px; }
.warnings li { display: flex; gap: 9px; overflow-wrap: anywhere; }
.warnings .icon, .failure-text .icon, .note > .icon { margin-top: 4px; }

.run-head { grid-template-columns: auto minmax(0, 1fr); gap: 12px; align-items: start; }
.state { display: grid; place-items: center; width: 24px; height: 24px; border-radius: 50%; background: var(--raised); color: var(--muted); font-size: 13px; }
.run-head > .state { width: 34px; height: 34px; margin-top: 2px; font-size: 17px; }
.state :is(.icon-check, .icon-cross) { stroke-width: 2; }
.state-running { background: var(--accent-soft); color: var(--accent); }
.state-waiting, .state-paused { background: var(--warn-soft); color: var(--warn); }
.state:is(.state-succeeded, .state-active) { background: var(--good-soft); color: var(--good); }
.state-failed { background: var(--bad-soft); color: var(--bad); }
.run.is-rehearsal { border-style: dashed; border-color: var(--line-strong); }
.run.is-waiting { border-color: color-mix(in srgb, var(--warn) 40%, var(--line)); }
.run.is-failed { border-color: color-mix(in srgb, var(--bad) 35%, var(--line)); }

.progress { display: grid; gap: 8px; }
.progress-step { position: relative; display: grid; grid-template-columns: 24px minmax(0, 1fr); gap: 11px; padding-left: 5px; }
.progress-step:not(:last-child)::after { content: ""; position: absolute; top: 26px; bottom: -6px; left: 16.5px; width: 1px; background: var(--line); }
.progress-line { display: flex; gap: 12px; align-items: flex-start; justify-content: space-between; min-height: 24px; font-size: 14.5px; line-height: 24px; }
.progress-title { min-width: 0; overflow-wrap: anywhere; }
.progress-step:is(.is-pending, .is-skipped, .is-cancelled) .progress-title { color: var(--muted); }
.progress-step.is-skipped .progress-title { text-decoration: line-through; text-decoration-color: var(--line-strong); }
.progress-step.is-running .progress-title { font-weight: 550; }
.progress-detail { color: var(--muted); font-size: 13.5px; overflow-wrap: anywhere; }
.is-failed > .progress-body > .progress-detail { color: var(--bad); }
.facts { display: flex; flex: none; gap: 10px; align-items: center; height: 24px; line-height: 24px; color: var(--muted); font-size: 12.5px; font-variant-numeric: tabular-nums; }
.tries { display: inline-flex; gap: 4px; align-items: center; color: var(--warn); }
.bar { display: flex; gap: 10px; align-items: center; color: var(--muted); font-size: 12.5px; font-variant-numeric: tabular-nums; }
.bar progress { flex: 1; height: 6px; overflow: hidden; border: 0; border-radius: 6px; background: var(--raised); appearance: none; }
.bar progress::-webkit-progress-bar { background: var(--raised); }
.bar progress::-webkit-progress-value { border-radius: 6px; background: var(--accent); transition: width 0.2s; }
.bar progress::-moz-progress-bar { border-radius: 6px; background: var(--accent); }

.trace-steps, .attempts { display: grid; margin: 0; padding: 0; list-style: none; }
.trace-steps { border-top: 1px solid var(--line); }
.trace-step { border-bottom: 1px solid var(--line); }
.trace-head { display: grid; grid-template-columns: 24px minmax(0, 1fr) auto 14px; gap: 11px; align-items: center; padding: 8px 0; font-size: 14.5px; list-style: none; }
.trace-head::-webkit-details-marker { display: none; }
summary.trace-head { cursor: pointer; }
.trace-head > .icon { color: var(--muted); font-size: 13px; transition: transform 0.12s; }
details[open] > .trace-head > .icon { transform: rotate(90deg); }
.trace-title { overflow-wrap: anywhere; }
.attempts { gap: 12px; padding: 2px 0 12px 35px; }
.attempt { display: grid; grid-template-columns: minmax(0, 1fr); gap: 5px; }
.attempt-line { display: flex; gap: 8px; align-items: center; color: var(--muted); font-size: 13.5px; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.attempt-line > .state { flex: none; width: 18px; height: 18px; font-size: 10px; }
.attempt-values { display: flex; flex-wrap: wrap; gap: 0 14px; }
.attempt-values > [open] { flex-basis: 100%; }
.attempt-values .more[open] > summary { margin-bottom: 4px; }
.card .left-out { padding: 0 0 12px 35px; font-size: 13.5px; }
.value-json { max-height: 16rem; margin: 0; padding: 8px 11px; overflow: auto; border-radius: var(--radius-small); background: var(--raised); font: 12.5px/1.5 var(--mono); white-space: pre-wrap; overflow-wrap: anywhere; }

.result { padding: 11px 14px; border-radius: var(--radius-small); background: var(--good-soft); }
.failure { display: grid; gap: 4px; padding: 11px 14px; border-radius: var(--radius-small); background: var(--bad-soft); font-size: 14.5px; overflow-wrap: anywhere; }
.failure-text { display: flex; gap: 9px; color: var(--bad); font-weight: 550; }
.failure-text > span { min-width: 0; white-space: pre-wrap; }
.advice { padding-left: 24px; font-size: 14px; }
.advice strong { font-weight: 600; }
.history { color: var(--muted); font-size: 13.5px; overflow-wrap: anywhere; }
.workflow:is(.is-deleted, .is-ended) { background: none; box-shadow: none; }
.note { display: flex; gap: 10px; padding: 10px 14px; border-radius: var(--radius-small); }
.note > .prose { min-width: 0; padding: 0; }
.note-error { background: var(--bad-soft); }
.note-error > .icon { color: var(--bad); }
.note-success { background: var(--good-soft); }
.note-success > .icon { color: var(--good); }

.choices { display: grid; gap: 10px; }
.options { display: grid; gap: 7px; max-width: 34rem; }
.option { display: grid; grid-template-columns: minmax(0, 1fr) auto; align-items: center; gap: 0 10px; padding: 10px 14px; border: 1px solid var(--line); border-radius: 11px; background: var(--surface); box-shadow: var(--shadow); text-align: left; transition: border-color 0.12s, background 0.12s; }
.option:hover { border-color: var(--accent); background: var(--accent-soft); }
.option-label { font-size: 14.5px; font-weight: 500; overflow-wrap: anywhere; }
.option-detail { grid-row: 2; color: var(--muted); font-size: 13.5px; overflow-wrap: anywhere; }
.option[aria-busy="true"] { border-color: var(--accent); }
.option[aria-busy="true"]::after { grid-area: 1 / 2 / 3 / 3; }
.choices.is-past .options { gap: 5px; }
.choices.is-past .option { padding: 5px 12px; border-color: transparent; background: none; box-shadow: none; color: var(--muted); }
.choices.is-past .option:hover { background: var(--raised); }
.choices.is-past .option-detail { display: none; }

.approval.is-open { border-color: color-mix(in srgb, var(--warn) 40%, var(--line)); }
.approval .eyebrow { color: var(--muted); }
.approval.is-open .eyebrow { color: var(--warn); }
.approval.is-approved .eyebrow { color: var(--good); }
.approval.is-rejected .eyebrow { color: var(--bad); }
.approval:is(.is-expired, .is-cancelled) { background: none; box-shadow: none; }
.asker { color: var(--muted); font-size: 13.5px; overflow-wrap: anywhere; }
.question { max-height: 22rem; overflow: auto; font-size: 16px; font-weight: 550; line-height: 1.45; white-space: pre-wrap; overflow-wrap: anywhere; }
.approval:not(.is-open) .question { font-size: 14.5px; font-weight: 400; }
.asked { display: grid; gap: 8px; }
.people, .notes { display: grid; gap: 6px; margin: 0; padding: 0; list-style: none; }
.person { display: flex; gap: 9px; font-size: 14px; }
.person > .icon { margin-top: 4px; color: var(--muted); }
.said-yes > .icon { color: var(--good); stroke-width: 2; }
.said-no > .icon { color: var(--bad); stroke-width: 2; }
.person-text { min-width: 0; overflow-wrap: anywhere; }
.person-detail { display: block; color: var(--muted); font-size: 13.5px; }
.notes { gap: 2px; color: var(--muted); font-size: 13.5px; overflow-wrap: anywhere; }
.approval.is-edited .actions { animation: settle 1s; }
@keyframes settle { from, to { pointer-events: none; } 0%, 99% { opacity: 0.5; } }

.fields { display: grid; gap: 15px; }
.form { max-width: 36rem; }
.form.is-sent > :is(.fields, .actions), .form.is-sent .prose { display: none; }
.form.is-sent .card-head::after { content: attr(data-sent); color: var(--muted); font-size: 13.5px; }
.form[aria-busy="true"] { opacity: 0.65; pointer-events: none; }

.items { display: grid; margin: -4px 0; }
.item { display: flex; flex-wrap: wrap; gap: 8px 16px; align-items: center; justify-content: space-between; padding: 10px 0; }
.item + .item { border-top: 1px solid var(--line); }
.item-text { display: grid; flex: 1 1 14rem; min-width: 0; }
.item-title { font-size: 14.5px; font-weight: 550; overflow-wrap: anywhere; }
.item-detail { color: var(--muted); font-size: 13.5px; white-space: pre-line; overflow-wrap: anywhere; }
.item .button { min-height: 32px; padding: 4px 11px; font-size: 13.5px; }

@media (max-width: 639px) {
  .card { padding: 14px; }
  .value { grid-template-columns: minmax(0, 1fr) auto; }
  .value dd { display: contents; }
  .value .tag { grid-area: 1 / 2; }
  .value-text { grid-area: 2 / 1 / 3 / 3; font-size: 15px; }
  .next { flex-direction: column; }
  .next li + li::before { display: none; }
  .actions .button { flex: 1 1 auto; min-height: 42px; }
  .item .actions { width: 100%; }
  .advice { padding-left: 0; }
  .attempts, .card .left-out { padding-left: 0; }
}
`);
