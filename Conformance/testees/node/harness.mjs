// The session that a coding harness names in the headers of its requests (TRC-31, TRC-32).

/** The trace id of the session, or undefined. `textOf` gives a header's value, `idOf` the id that it names (TRC-3). */
export function harnessSession(textOf, idOf) {
  const named = (name) => idOf(textOf(name));
  const traceOf = (harness, session) => (session === undefined ? undefined : idOf(`${harness}:${session}`));
  const claude = traceOf('claude-code', named('x-claude-code-session-id'));
  if (claude !== undefined) return claude;
  const opencode = named('x-opencode-session');
  const root = opencode === undefined ? undefined : traceOf('opencode', named('x-parent-session-id') ?? opencode);
  if (root !== undefined) return root;
  const isCodex = ['originator', 'user-agent'].some((name) => /^codex/i.test(textOf(name) ?? ''));
  return isCodex ? traceOf('codex', named('session-id') ?? named('session_id')) : undefined;
}
