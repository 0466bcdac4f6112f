/** Elements whose content is not text. */
const skippedElements: readonly string[] = ['script', 'style'];

/** The text of an HTML page, its title first. Linear in the length of the page, also when tags are not closed. */
export function htmlToText(html: string): string {
	const lower = html.replaceAll(/[A-Z]/g, letter => letter.toLowerCase());
	/** Elements that are not closed in the rest of the page. */
	const unclosed = new Set<string>();
	let title = '';
	let rest = '';
	let at = 0;
	while (at < html.length) {
		const open = html.indexOf('<', at);
		if (open < 0) break;
		rest += `${html.slice(at, open)} `;
		const tagEnd = html.indexOf('>', open);
		at = open;
		// No further tag is complete.
		if (tagEnd < 0) break;
		at = tagEnd + 1;
		const name = /^<([a-z]{1,10})\b/.exec(lower.slice(open, open + 12))?.[1] ?? '';
		if ((!skippedElements.includes(name) && name !== 'title') || unclosed.has(name)) continue;
		const end = lower.indexOf(`</${name}`, at);
		// Searched for once only: later searches would fail too.
		if (end < 0) unclosed.add(name);
		else {
			if (name === 'title' && title === '') title = html.slice(at, end);
			at = end;
		}
	}
	return `${title} ${rest}${html.slice(at)}`.replaceAll(/\s+/g, ' ').trim();
}
