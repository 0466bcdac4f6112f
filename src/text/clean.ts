/*
 * Text from outside (names, queries, logs, keys, messages) is data. Before it is measured, drawn, copied or written to JSON it loses
 * everything that could move a cursor, change a colour, reorder what is read or hide something: C0 and C1 controls, escape sequences,
 * bidirectional controls, zero-width and other default-ignorable characters, lone surrogates.
 */

/** CSI, OSC, DCS, SOS, PM, APC and two-byte escape sequences, whole, so that their letters do not stay behind as litter. */
const sequences =
	/\u001b\[[0-?]*[ -/]*[@-~]|\u009b[0-?]*[ -/]*[@-~]|(?:\u001b[\]PX^_]|[\u0090\u0098\u009d-\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)|\u001b[ -/]*[0-~]/g;
const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g;
const hidden = /\p{Default_Ignorable_Code_Point}|\p{Bidi_Control}|[\u2028\u2029\ufff9-\ufffb]/gu;
const loneSurrogates = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const plain = /^[\u0020-\u007e]*$/;

/** One line: line ends and tabs become one space. */
export function cleanLine(text: string): string {
	return plain.test(text) ? text : clean(text).replace(/\s+/g, ' ');
}

/** Several lines: keeps `\n`; a tab becomes two spaces. */
export function clean(text: string): string {
	if (plain.test(text)) return text;
	return text
		.replace(loneSurrogates, '\ufffd')
		.replace(sequences, '')
		.replace(/\r\n?/g, '\n')
		.replace(/\t/g, '  ')
		.replace(controls, '')
		.replace(hidden, '');
}
