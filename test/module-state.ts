import {type Node, parseSync} from 'oxc-parser';

/** The folders whose modules hold no state: caches and counters belong to an object that is created once per console. */
const statelessFolders = /^(?:adapters|bin|src|views)\//;

/** Returns the variables at module level that can change, one line each. A constant collection has a readonly type, so that the compiler holds it. */
export function findModuleState(path: string, text: string): readonly string[] {
	if (!statelessFolders.test(path)) return [];
	const lineAt = (offset: number) => text.slice(0, offset).split('\n').length;
	return parseSync(path, text).program.body.flatMap(statement => {
		const declared = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
		if (declared?.type !== 'VariableDeclaration' || declared.declare === true) return [];
		return declared.declarations.flatMap(({id, init, start}) => {
			const name = text.slice(id.start, id.type === 'Identifier' ? id.start + id.name.length : id.end);
			const at = `${path}:${lineAt(start)}`;
			if (declared.kind !== 'const') return [`${at}: ${name} is a variable of the module: see src/lazy.ts`];
			const type = 'typeAnnotation' in id ? id.typeAnnotation?.typeAnnotation : undefined;
			const typeText = type == null ? undefined : text.slice(type.start, type.end);
			const what = init === null ? undefined : mutableCollection(init, typeText);
			return what === undefined ? [] : [`${at}: ${name} is ${what} of the module that can change: type it readonly`];
		});
	});
}

/** Returns what a value is when code could change it: `a Map`. `type`: the text of the declared type. */
function mutableCollection(value: Node, type: string | undefined): string | undefined {
	switch (value.type) {
		case 'NewExpression': {
			const name = value.callee.type === 'Identifier' ? value.callee.name : '';
			if (name === 'WeakMap' || name === 'WeakSet') return `a ${name}`;
			return (name === 'Map' || name === 'Set') && !type?.startsWith(`Readonly${name}<`) ? `a ${name}` : undefined;
		}
		case 'ArrayExpression':
			return type === undefined || /^(?:Array<|(?!readonly ).*\[\]$)/s.test(type) ? 'an array' : undefined;
		case 'ObjectExpression':
			return value.properties.length === 0 && !type?.startsWith('Readonly') ? 'an empty object' : undefined;
		default:
			return undefined;
	}
}
