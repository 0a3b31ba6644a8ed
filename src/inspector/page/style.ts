/** Style sheet of the page. It has a light and a dark look, for screens from 320 pixels up. */
export const STYLE = `
:root { color-scheme: light dark; font: 16px/1.45 system-ui, sans-serif; }
* { box-sizing: border-box; }
html { background: Canvas; color: CanvasText; }
body { margin: 0 auto; max-width: 1240px; padding: 12px; }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 12px; }
h1 { font-size: 1.3rem; margin: 0; }
h2 { font-size: 1.15rem; margin: 16px 0 8px; overflow-wrap: anywhere; }
header p { margin: 0; }
nav { display: flex; flex-wrap: wrap; gap: 6px; margin: 12px 0; }
button, input, textarea { font: inherit; padding: 5px 10px; max-width: 100%; }
button:not(.link) { white-space: nowrap; overflow-wrap: normal; }
nav button[aria-current] { font-weight: bold; text-decoration: underline; }
:focus-visible { outline: 3px solid Highlight; outline-offset: 2px; }
main:focus { outline: none; }
label { display: block; margin: 6px 0 2px; }
textarea { display: block; width: 100%; min-height: 9em; font-family: ui-monospace, monospace; }
input { width: min(40em, 100%); }
input[type="checkbox"] { width: auto; }
.wide { overflow-x: auto; max-width: 100%; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; font-weight: bold; padding: 6px 0; }
th, td { text-align: left; vertical-align: top; padding: 3px 8px; border-bottom: 1px solid #8888; }
td { overflow-wrap: anywhere; min-width: 5em; }
.number { text-align: right; font-variant-numeric: tabular-nums; overflow-wrap: normal; }
.link { background: none; border: 0; padding: 0; text-align: left; color: LinkText; text-decoration: underline; cursor: pointer; overflow-wrap: anywhere; }
.strip { display: flex; height: 34px; border: 1px solid #888; margin: 8px 0; overflow: hidden; }
.strip span { flex-basis: 0; min-width: 1px; background: #56b4e9; border-right: 1px solid #000; }
.strip span:nth-child(even) { background: #e69f00; }
pre { overflow: auto; max-height: 30em; padding: 8px; border: 1px solid #8888; white-space: pre-wrap; overflow-wrap: anywhere; }
img { max-width: 100%; height: auto; background: #fff; }
#problem:not(:empty) { border: 2px solid #c00000; padding: 8px; overflow-wrap: anywhere; }
fieldset { border: 1px solid #c00000; margin: 12px 0; min-width: 0; }
label, legend { overflow-wrap: anywhere; max-width: 100%; }
`;
