import kafkajs, {type AclOperationTypes, type AclResourceTypes, type Admin} from 'kafkajs';
import type {KafkaServer, Login} from '../estate-record.ts';

const {CLUSTER, GROUP, TOPIC} = kafkajs.AclResourceTypes;
const {DESCRIBE, DESCRIBE_CONFIGS, READ, DELETE} = kafkajs.AclOperationTypes;

/** Revokes all permissions of a login on groups, until `grantKafka` grants them again. */
export async function denyGroups(admin: Admin, {user}: Login): Promise<void> {
	await admin.deleteAcls({
		filters: [
			{
				resourceType: GROUP,
				resourcePatternType: kafkajs.ResourcePatternTypes.ANY,
				principal: `User:${user}`,
				operation: kafkajs.AclOperationTypes.ANY,
				permissionType: kafkajs.AclPermissionTypes.ANY,
			},
		],
	});
}

/** Grants each login of the estate the permissions that its name says. `admin` is a superuser; `bare` gets none. */
export async function grantKafka(admin: Admin, logins: KafkaServer['logins']): Promise<void> {
	const describing = [
		[CLUSTER, DESCRIBE],
		[GROUP, DESCRIBE],
		[TOPIC, DESCRIBE],
		[TOPIC, DESCRIBE_CONFIGS],
	] as const;
	const acting = [
		[GROUP, READ],
		[GROUP, DELETE],
		[TOPIC, READ],
	] as const;
	const allow = (user: string, grants: readonly (readonly [AclResourceTypes, AclOperationTypes])[]) =>
		grants.map(([resourceType, operation]) => ({
			resourceType,
			resourceName: resourceType === CLUSTER ? 'kafka-cluster' : '*',
			resourcePatternType: kafkajs.ResourcePatternTypes.LITERAL,
			principal: `User:${user}`,
			host: '*',
			operation,
			permissionType: kafkajs.AclPermissionTypes.ALLOW,
		}));
	await admin.createAcls({
		acl: [...allow(logins.monitor.user, describing), ...allow(logins.operator.user, [...describing, ...acting])],
	});
}
