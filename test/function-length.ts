import {type Node, parseSync} from 'oxc-parser';

/** The maximum number of lines of a function. */
export const maxFunctionLines = 80;

export type LongFunction = {readonly name: string; readonly lines: number; readonly line: number};

const isNode = (value: unknown): value is Node =>
	typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';

/** Returns the name of the declaration, method, property or variable that holds the function. */
function nameOf(node: Node, parent: Node | undefined): string {
	if ('id' in node && isNode(node.id) && node.id.type === 'Identifier') return node.id.name;
	if (parent?.type === 'VariableDeclarator' && parent.id.type === 'Identifier') return parent.id.name;
	if ((parent?.type === 'Property' || parent?.type === 'MethodDefinition') && parent.key.type === 'Identifier')
		return parent.key.name;
	return '(anonymous)';
}

/** Returns the functions of one file, at any depth, that have more than `maxFunctionLines` lines. */
export function findLongFunctions(path: string, text: string): readonly LongFunction[] {
	const lineStarts = [0];
	for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lineStarts.push(at + 1);
	if (lineStarts.length <= maxFunctionLines) return [];
	const lineAt = (offset: number) => lineStarts.findLastIndex(start => start <= offset) + 1;
	const found: LongFunction[] = [];
	const visit = (node: Node, parent: Node | undefined) => {
		if (/^(?:Arrow)?Function(?:Declaration|Expression)?(?:Expression)?$/.test(node.type)) {
			const line = lineAt(node.start);
			const lines = lineAt(node.end - 1) - line + 1;
			if (lines > maxFunctionLines) found.push({name: nameOf(node, parent), lines, line});
		}
		for (const value of Object.values(node)) {
			for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) visit(child, node);
		}
	};
	visit(parseSync(path, text).program, undefined);
	return found;
}
