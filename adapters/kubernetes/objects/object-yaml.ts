/**
 * Prints a JSON value as YAML, in the layout of `kubectl get -o yaml`. Parsing the lines gives an equal value, with readers of YAML 1.1, too,
 * to which a bare `yes` is a boolean. The library is loaded on first use.
 */
export async function toYamlLines(value: unknown): Promise<readonly string[]> {
	const {stringify} = await import('yaml');
	const text = stringify(value, {
		version: '1.1',
		aliasDuplicateObjects: false,
		indentSeq: false,
		lineWidth: 0,
	});
	return text.replace(/\n$/, '').split('\n');
}
