/** How a line of the log names a run: its id and, where it has one, its label. */
export function runFields(findallId: string, label: string | null): { findall_id: string; label?: string } {
  return { findall_id: findallId, ...(label === null ? {} : { label }) };
}
