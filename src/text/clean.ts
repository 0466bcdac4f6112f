/*
 * Cleans text from outside (names, queries, logs, keys, messages) before it is measured, drawn, copied or written to JSON. Removes everything
 * that could move the cursor, change a colour or reorder text. Invisible characters are replaced by their code, as in vim and less: two names
 * that differ only there must not look the same.
 */

/** Complete CSI, OSC, DCS, SOS, PM, APC and two-byte escape sequences, so that their letters are removed as well. */
const sequences =
	/\u001b\[[0-?]*[ -/]*[@-~]|\u009b[0-?]*[ -/]*[@-~]|(?:\u001b[\]PX^_]|[\u0090\u0098\u009d-\u009f])[^\u0007\u001b\u0090\u0098\u009c-\u009f]*(?:\u0007|\u001b\\|\u009c)|\u001b[ -/]*[0-~]/g;
/** Joiners and variation selectors within emoji: they hide nothing, and terminals draw them differently. */
const emojiParts =
	/(?<=[\p{Extended_Pictographic}\p{Emoji_Modifier}])(?:\ufe0f?\u200d(?=\p{Extended_Pictographic})|[\ufe0e\ufe0f])|\ufe0f(?=\u20e3)/gu;
/** C0 and C1 controls, bidirectional controls, zero-width and other default-ignorable characters, separators of lines. */
const invisibleCharacters =
	/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]|\p{Default_Ignorable_Code_Point}|\p{Bidi_Control}|[\u2028\u2029\ufff9-\ufffb]/gu;
/** Blanks that look like a space. The wide blank of Chinese and Japanese does not. */
const otherBlanks = /[\u00a0\u1680\u2000-\u200a\u202f\u205f]/g;
const loneSurrogates = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const plain = /^[\u0020-\u007e]*$/;

/** Returns `<200b>`. */
const byCode = (character: string): string => `<${(character.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}>`;

/** Cleans a text of one line, such as a name: line ends and tabs become one space, and blanks other than a space are shown by their code. */
export function cleanLine(text: string): string {
	return plain.test(text) ? text : oneLine(cleanText(text)).replace(otherBlanks, byCode);
}

/** Cleans a text of several lines: keeps `\n`; a tab becomes two spaces. */
export function cleanText(text: string): string {
	return plain.test(text) ? text : removeControls(text, byCode);
}

/** Cleans a line that the user typed or pasted: drops invisible characters, which came along with what was copied. */
export function cleanTyped(text: string): string {
	return plain.test(text) ? text : oneLine(removeControls(text, () => '').replace(otherBlanks, ' '));
}

const oneLine = (text: string): string => text.replace(/[\n ]+/g, ' ');

const removeControls = (text: string, replacement: (character: string) => string): string =>
	text
		.replace(loneSurrogates, '\ufffd')
		.replace(sequences, '')
		.replace(/\r\n?/g, '\n')
		.replace(/\t/g, '  ')
		.replace(emojiParts, '')
		.replace(invisibleCharacters, replacement);
