/** Decodes percent-encoded text; undefined when an escape is invalid. */
export function decodePercent(text: string): string | undefined {
	try {
		return decodeURIComponent(text);
	} catch {
		return undefined;
	}
}
