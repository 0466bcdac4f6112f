/** A reply as text; null is empty. */
export const replyText = (reply: unknown): string => (typeof reply === 'string' ? reply : String(reply ?? ''));
