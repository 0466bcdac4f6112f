/**
 * The faults that a client can get.
 *
 * - `stall`: this response never comes, or never continues; the connection stays open, and other requests on it are answered.
 * - `half-open`: the connection is dead without a sign of it: requests on it are never answered.
 * - `reset`: the connection is reset (RST). `cut`: it ends in the middle of the answer (FIN).
 * - `truncate`: a chunk is announced and only half of it sent, then the connection ends; `after` so many more characters.
 * - `slow`: each part of the answer comes `delayMs` later.
 * - `refuse`: the answer is this status, with Retry-After when it is given.
 * - `drop-bookmarks`: a proxy on the way swallows them.
 * - `expired`: a watch is answered with 410, as after a compaction.
 */
export type Fault =
	| {readonly kind: 'stall' | 'half-open' | 'reset' | 'cut' | 'drop-bookmarks' | 'expired'}
	| {readonly kind: 'truncate'; readonly after?: number}
	| {readonly kind: 'slow'; readonly delayMs: number}
	| {readonly kind: 'refuse'; readonly code: number; readonly retryAfterSeconds?: number; readonly message?: string};
