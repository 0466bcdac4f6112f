/** Elements whose content is no text of the page. */
const skippedElements = ['script', 'style'];

/** The words of a page, its title first. Each character is looked at a fixed number of times, whatever tags are missing. */
export function htmlToText(html: string): string {
	const lower = html.replaceAll(/[A-Z]/g, letter => letter.toLowerCase());
	/** Elements whose end is not on the rest of the page. */
	const endless = new Set<string>();
	let title = '';
	let rest = '';
	let at = 0;
	while (at < html.length) {
		const open = html.indexOf('<', at);
		if (open < 0) break;
		rest += `${html.slice(at, open)} `;
		const tagEnd = html.indexOf('>', open);
		at = open;
		// There is no further tag.
		if (tagEnd < 0) break;
		at = tagEnd + 1;
		const name = /^<([a-z]{1,10})\b/.exec(lower.slice(open, open + 12))?.[1] ?? '';
		if ((!skippedElements.includes(name) && name !== 'title') || endless.has(name)) continue;
		const end = lower.indexOf(`</${name}`, at);
		// Searched for once: there is none further on either.
		if (end < 0) endless.add(name);
		else {
			if (name === 'title' && title === '') title = html.slice(at, end);
			at = end;
		}
	}
	return `${title} ${rest}${html.slice(at)}`.replaceAll(/\s+/g, ' ').trim();
}
