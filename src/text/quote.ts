/** Text in double quotes on one line: control and invisible characters are escaped, so a terminal obeys none. */
export function quote(text: string): string {
  return JSON.stringify(text).replaceAll(/\p{C}/gu, escaped);
}

function escaped(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
