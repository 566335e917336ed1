/** The style sheet of the report: light and dark, screen, phone and paper. */

const LIGHT = `
  --paper: #ffffff;
  --ink: #1a1e24;
  --muted: #57606b;
  --axis: #7d8692;
  --line: #dfe3e8;
  --wash: #f2f4f7;
  --truth: #8a929e;
  --gru: #0a62b5;
  --lstm: #bf4a06;
  --notice: #8a3b00;
  --notice-wash: #fdf1e3;
  color-scheme: light;
`

const DARK = `
  --paper: #12161b;
  --ink: #e9ecf0;
  --muted: #a4adb9;
  --axis: #7b8592;
  --line: #2b323b;
  --wash: #1a2027;
  --truth: #69727e;
  --gru: #62b6f7;
  --lstm: #ff9d4d;
  --notice: #ffc58a;
  --notice-wash: #2c2118;
  color-scheme: dark;
`

const TYPE = `
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0;
  background: var(--paper);
  color: var(--ink);
  font: 16px/1.55 -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  overflow-wrap: anywhere;
}
main { max-width: 60rem; margin: 0 auto; padding: 3.5rem 1.5rem 4rem; }
h1 {
  margin: 0 0 0.9rem;
  color: var(--muted);
  font-size: 1rem;
  font-weight: 500;
}
h1 strong { color: var(--ink); font-weight: 600; }
h2 { margin: 0 0 0.4rem; font-size: 1.3rem; line-height: 1.3; letter-spacing: -0.01em; }
h3 { margin: 0 0 0.3rem; font-size: 0.95rem; font-weight: 600; }
p { margin: 0 0 0.8rem; max-width: 68ch; }
section { margin-top: 2.75rem; padding-top: 2rem; border-top: 1px solid var(--line); }
section > p { color: var(--muted); }
.verdict {
  max-width: 26em;
  margin: 0 0 1.1rem;
  font-size: clamp(1.55rem, 1.1rem + 2vw, 2.35rem);
  font-weight: 650;
  line-height: 1.2;
  letter-spacing: -0.02em;
  text-wrap: balance;
}
.reasons p { font-size: 1.08rem; margin-bottom: 0.35rem; }
.facts { margin-top: 1.2rem; color: var(--muted); font-size: 0.92rem; }
.notice {
  max-width: none;
  margin-bottom: 1.6rem;
  padding: 0.7rem 1rem;
  border-left: 4px solid var(--notice);
  background: var(--notice-wash);
  color: var(--notice);
}
.empty { padding: 1.1rem 1.2rem; background: var(--wash); max-width: none; }
footer { margin-top: 3rem; color: var(--muted); font-size: 0.88rem; }
code { font: 0.92em ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
`

const TABLES = `
.tables { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 0 3rem; align-items: start; }
.scroll { overflow-x: auto; margin-top: 0.9rem; }
table { width: 100%; border-collapse: collapse; font-size: 0.95rem; font-variant-numeric: tabular-nums; }
th, td { padding: 0.42rem 0 0.42rem 1rem; text-align: right; vertical-align: baseline; overflow-wrap: normal; }
th:first-child { padding-left: 0; text-align: left; }
tbody th { min-width: 7rem; font-weight: 400; overflow-wrap: anywhere; }
tbody th small { display: block; color: var(--muted); font-size: 0.84rem; }
thead th { border-bottom: 1.5px solid var(--ink); white-space: nowrap; }
tbody tr + tr > * { border-top: 1px solid var(--line); }
tbody .group th { padding-top: 1.1rem; color: var(--muted); font-size: 0.84rem; }
tbody .group + tr > * { border-top-color: var(--axis); }
td span { white-space: nowrap; }
td .spread { color: var(--muted); }
td .strong { font-weight: 600; }
dl { margin: 0.9rem 0 0; font-size: 0.95rem; }
dl.settings { columns: 2; column-gap: 3rem; }
dl.settings > div {
  display: flex;
  justify-content: space-between;
  gap: 1.5rem;
  padding: 0.36rem 0;
  border-bottom: 1px solid var(--line);
  break-inside: avoid;
}
dl.settings dt { color: var(--muted); }
dl.settings dd { margin: 0; text-align: right; font-variant-numeric: tabular-nums; }
dl.definitions > div { margin-bottom: 0.7rem; max-width: 72ch; }
dl.definitions dt { font-weight: 600; }
dl.definitions dd { margin: 0; color: var(--muted); }
`

const FIGURES = `
figure { margin: 1.1rem 0 0; }
figure + figure { margin-top: 1.6rem; }
figcaption { margin-top: 0.35rem; max-width: 72ch; color: var(--muted); font-size: 0.9rem; }
.legend {
  display: flex;
  flex-wrap: wrap;
  gap: 0.15rem 1.4rem;
  margin: 0 0 0.5rem;
  padding: 0;
  list-style: none;
  font-size: 0.92rem;
}
.legend li { display: flex; align-items: center; gap: 0.5rem; white-space: nowrap; }
.swatch { flex: none; width: 30px; height: 12px; }
th .swatch { margin-right: 0.45rem; vertical-align: -1px; }
.plot { --plot-background: var(--paper); display: block; width: 100%; height: auto; color: var(--muted); font-family: inherit; }
.plot.narrow { display: none; }
.plot [stroke-opacity="0.1"] { stroke: var(--line); stroke-opacity: 1; }
.plot text { white-space: pre; }
.trio { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 1.5rem 2rem; }
.trio figure { margin-top: 0.8rem; }
`

// Wide drawings go to paper whatever its width, hence `screen`.
const SMALL_SCREENS = `
@media screen and (max-width: 719px) {
  main { padding: 2rem 1rem 3rem; }
  section { margin-top: 2.2rem; padding-top: 1.6rem; }
  .tables, .trio { grid-template-columns: minmax(0, 1fr); }
  .tables > * + * { margin-top: 1.8rem; }
  .plot.wide { display: none; }
  .plot.narrow { display: block; max-width: 34rem; }
  .plot.small { max-width: 26rem; }
  .legend { gap: 0.1rem 1.1rem; }
  dl.settings { columns: 1; }
  th, td { padding-left: 0.7rem; }
  td .spread { display: block; }
}
`

const PAPER = `
@media print {
  body { font-size: 10.5pt; }
  main { max-width: none; padding: 0; }
  section { margin-top: 1.4rem; padding-top: 1rem; break-inside: avoid; }
  h2 { break-after: avoid; }
  figure, table, dl > div { break-inside: avoid; }
  .notice, .empty { border: 1px solid var(--line); }
}
`

/** The whole style sheet. */
export const STYLE = [
  `:root {${LIGHT}}`,
  // Paper is white: a dark screen must not print light text on it.
  `@media screen and (prefers-color-scheme: dark) { :root {${DARK}} }`,
  TYPE,
  TABLES,
  FIGURES,
  SMALL_SCREENS,
  PAPER,
].join('\n')
