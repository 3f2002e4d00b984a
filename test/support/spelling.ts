/** Text without the joiners that belong to its spelling: what is left of them deceives. */
export function withoutJoiners(text: string): string {
  return text.replaceAll(
    /(?<=\p{Extended_Pictographic}(?:\ufe0f|\p{Emoji_Modifier})?)\u200d(?=\p{Extended_Pictographic})|(?<=[\p{L}\p{M}])[\u200c\u200d](?=[\p{L}\p{M}])/gu,
    '',
  );
}
