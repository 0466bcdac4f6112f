import type {ActionContext, Check} from '../../src/contract/action.ts';
import type {Permission} from '../../src/contract/system.ts';
import {AdapterError} from '../../src/errors.ts';
import type {RedisPort} from '../../src/port/redis.ts';

/** Why an action that needs `command` is dim; undefined while nothing speaks against it. */
export function missingPermissionReason(permission: Permission | undefined, command: string): string | undefined {
	if (permission?.state !== 'lack') return undefined;
	return permission.grant.startsWith('ACL')
		? `not permitted, an administrator grants it with: ${permission.grant}`
		: `this server does not offer ${command}`;
}

/** `+config|set`: CONFIG SET. */
const commandOfPermission = (name: string): string => name.replace(/^\+/, '').replaceAll('|', ' ').toUpperCase();

/** Asks the server now. Only a clear no blocks. */
export async function permissionCheck(label: string, name: string, context: ActionContext<RedisPort>): Promise<Check> {
	try {
		const permission = (await context.port.readPermissions(context, [name])).find(one => one.name === name);
		if (permission?.state === 'have') return {label, result: 'pass', detail: `you have ${name}`};
		if (permission?.state === 'lack')
			return {
				label,
				result: 'block',
				detail: missingPermissionReason(permission, commandOfPermission(name)) ?? permission.grant,
			};
	} catch (error) {
		if (!(error instanceof AdapterError)) throw error;
	}
	return {label, result: 'unknown', detail: 'the server does not tell: it will refuse if you may not'};
}
