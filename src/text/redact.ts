import {anchorsOfGroup, groupOfTrigram, rollTrigram} from './secrets/anchors.ts';
import {findValue} from './secrets/names.ts';
import {findStringRest} from './secrets/quoted.ts';
import {hasAt, Scan} from './secrets/scan.ts';
import {findKeyRest, isKeyLine} from './secrets/tokens.ts';

/*
 * Masks secrets in any text before it is shown or recorded. Adapters mask the secrets that they know; this finds the common written forms of
 * a secret (test/src/text/secrets.test.ts lists them). A server may have cut the text inside quotes, so a quote may be open to the end. Masks
 * too much rather than too little. ADR 14 says why this is not a set of regular expressions.
 */

/** Returns the first of the next two positions of which one may end the three characters of an anchor; -1 when there is none. */
function nextPlace(text: string, from: number): number {
	const {length} = text;
	let number = from < 2 ? 0 : rollTrigram(text.charCodeAt(from - 2) & 31, text.charCodeAt(from - 1));
	// Two at a time, which is a fifth faster.
	let at = from;
	for (; at + 1 < length; at += 2) {
		const first = rollTrigram(number, text.charCodeAt(at));
		number = rollTrigram(first, text.charCodeAt(at + 1));
		if (((groupOfTrigram[first] ?? 0) | (groupOfTrigram[number] ?? 0)) !== 0) return at;
	}
	return at < length && groupOfTrigram[rollTrigram(number, text.charCodeAt(at))] !== 0 ? at : -1;
}

/** Applies the rule of each anchor in a text, from left to right. @returns undefined when there is no anchor. */
function search(text: string, begun: Scan | undefined): Scan | undefined {
	let scan = begun;
	for (let at = nextPlace(text, 0); at >= 0; ) {
		for (const end of [at, at + 1]) {
			const number = rollTrigram(
				rollTrigram(text.charCodeAt(end - 2) & 31, text.charCodeAt(end - 1)),
				text.charCodeAt(end),
			);
			for (const {word, offset, find} of anchorsOfGroup(groupOfTrigram[number] ?? 0)) {
				const place = end - 2 - offset;
				if (!hasAt(text, word, place) || place < (scan?.done ?? 0)) continue;
				scan ??= new Scan(text);
				find(scan, place);
			}
		}
		// Masked text is not read again.
		at = nextPlace(text, Math.max(at + 2, scan?.done ?? 0));
	}
	return scan;
}

/** Returns the text with the secrets masked that are recognised by their form. Text masked before stays the same. */
export function redact(text: string): string {
	const visible = withoutHidden(text);
	if (isKeyLine(visible)) return '***';
	const shown = search(visible, undefined)?.result();
	return shown === undefined || shown === visible ? text : shown;
}

/** Characters without a width, which may be between a name and its value, also in the form in which `cleanText` shows them. */
const hidden = /[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]|<(?:ad|200[b-f]|206[0-4]|feff)>/g;

const withoutHidden = (text: string): string => text.replace(hidden, '');

/** Returns `redact` for consecutive lines of one text: it also masks secrets over several lines, such as a private key. */
export function createLineRedactor(): (line: string) => string {
	let inKey = false;
	let awaitsValue = false;
	let awaitsString = false;
	return text => {
		const line = withoutHidden(text);
		let begun: Scan | undefined;
		if (inKey || awaitsValue || awaitsString) {
			begun = new Scan(line);
			if (inKey) findKeyRest(begun);
			else if (awaitsValue) findValue(begun);
			else findStringRest(begun);
			inKey = begun.inKey;
			awaitsValue = false;
			awaitsString = false;
			if (inKey) return begun.result();
		} else if (isKeyLine(line)) return '***';
		const scan = search(line, begun);
		if (scan === undefined) return text;
		inKey = scan.inKey;
		awaitsValue = scan.awaitsValue;
		awaitsString = scan.awaitsString;
		const shown = scan.result();
		return shown === line ? text : shown;
	};
}
