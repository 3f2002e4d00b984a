/** Text in HTML, also within double quotes. Telegram knows these four named entities (https://core.telegram.org/bots/api#html-style). */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
