/** Only what mail programs agree on. Colours of both schemes pass 4.5:1 on their ground. */
export const mailStyle = `
:root { color-scheme: light dark; supported-color-schemes: light dark; }
body { margin: 0; padding: 0; background-color: #ffffff; color: #1f2328; }
.mail { max-width: 640px; margin: 0 auto; padding: 20px 16px; font: 15px/1.5 -apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif; overflow-wrap: break-word; word-wrap: break-word; }
h1 { font-size: 20px; line-height: 1.3; margin: 0 0 16px; }
h2 { font-size: 16px; line-height: 1.4; margin: 0 0 8px; }
p { margin: 0 0 8px; }
.listed { margin: 0 0 4px; }
a { color: #0b57d0; }
.item { border-top: 1px solid #d8dee4; padding: 16px 0 8px; }
.check { margin: 0 0 2px 20px; text-indent: -20px; }
.mark { display: inline-block; width: 20px; text-indent: 0; }
.why { margin: 0 0 2px 20px; color: #57606a; font-size: 14px; }
.sources { margin-bottom: 10px; }
.note { margin: 16px 0 0; }
.ending { border-left: 4px solid #1a7f37; padding: 4px 0 4px 14px; margin: 12px 0 16px; }
.ending.warning { border-left-color: #9a6700; }
.ending.alarm { border-left-color: #cf222e; }
.foot { border-top: 1px solid #d8dee4; padding: 12px 0 0; margin: 16px 0 0; font-size: 12px; }
.dim, .host { color: #57606a; font-weight: normal; }
.host { font-size: 13px; }
.item .match { color: #1a7f37; }
.item .warning, .item .alarm { color: #b3261e; }
.item .update { color: #0b57d0; }
code { font-family: ui-monospace, Consolas, monospace; font-size: 13px; }
@media (prefers-color-scheme: dark) {
  body { background-color: #16181c; color: #e6e9ee; }
  a, .item .update { color: #8ab4f8; }
  .item, .foot { border-top-color: #353b44; }
  .why, .dim, .host { color: #a3acb8; }
  .item .match { color: #5bd07a; }
  .item .warning, .item .alarm { color: #ff8a80; }
  .ending { border-left-color: #5bd07a; }
  .ending.warning { border-left-color: #e3b341; }
  .ending.alarm { border-left-color: #ff7b72; }
}
`.trim();
