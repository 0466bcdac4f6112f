/** Percent-encoded text, decoded; undefined when an escape in it is broken. */
export function decodePercent(text: string): string | undefined {
	try {
		return decodeURIComponent(text);
	} catch {
		return undefined;
	}
}
