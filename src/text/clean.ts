/*
 * Text from outside (names, queries, logs, keys, messages) is data. Before it is measured, drawn, copied or written to JSON it loses
 * everything that could move a cursor, change a colour or reorder what is read. What could not be seen is shown by its code instead, as
 * vim and less do it: two names that differ only there must not look the same.
 */

/** CSI, OSC, DCS, SOS, PM, APC and two-byte escape sequences, whole, so that their letters do not stay behind as litter. */
const sequences =
	/\u001b\[[0-?]*[ -/]*[@-~]|\u009b[0-?]*[ -/]*[@-~]|(?:\u001b[\]PX^_]|[\u0090\u0098\u009d-\u009f])[^\u0007\u001b\u0090\u0098\u009c-\u009f]*(?:\u0007|\u001b\\|\u009c)|\u001b[ -/]*[0-~]/g;
/** What joins and shapes emoji hides nothing there, and terminals disagree on it. */
const emojiParts =
	/(?<=[\p{Extended_Pictographic}\p{Emoji_Modifier}])(?:\ufe0f?\u200d(?=\p{Extended_Pictographic})|[\ufe0e\ufe0f])|\ufe0f(?=\u20e3)/gu;
/** C0 and C1 controls, bidirectional controls, zero-width and other default-ignorable characters, separators of lines. */
const invisibleCharacters =
	/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]|\p{Default_Ignorable_Code_Point}|\p{Bidi_Control}|[\u2028\u2029\ufff9-\ufffb]/gu;
/** Blanks that look like the one of the keyboard. The wide one of Chinese and Japanese does not. */
const otherBlanks = /[\u00a0\u1680\u2000-\u200a\u202f\u205f]/g;
const loneSurrogates = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const plain = /^[\u0020-\u007e]*$/;

/** `<200b>` */
const byCode = (character: string): string => `<${(character.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}>`;

/** One line, such as a name: line ends and tabs become one space, and other blanks than that of the keyboard are told. */
export function cleanLine(text: string): string {
	return plain.test(text) ? text : oneLine(cleanText(text)).replace(otherBlanks, byCode);
}

/** Several lines: keeps `\n`; a tab becomes two spaces. */
export function cleanText(text: string): string {
	return plain.test(text) ? text : removeControls(text, byCode);
}

/** One line that a person typed or pasted: what cannot be seen came along from where it was copied, and was not meant. */
export function cleanTyped(text: string): string {
	return plain.test(text) ? text : oneLine(removeControls(text, () => '').replace(otherBlanks, ' '));
}

const oneLine = (text: string): string => text.replace(/[\n ]+/g, ' ');

const removeControls = (text: string, told: (character: string) => string): string =>
	text
		.replace(loneSurrogates, '\ufffd')
		.replace(sequences, '')
		.replace(/\r\n?/g, '\n')
		.replace(/\t/g, '  ')
		.replace(emojiParts, '')
		.replace(invisibleCharacters, told);
