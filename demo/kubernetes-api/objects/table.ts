import {humanDuration} from './human-duration.ts';
import {type JsonObject, type KubeObject, parseTimestamp} from './kube-object.ts';
import {type Cells, printers, type TableColumn} from './table-columns.ts';

const ageColumn: TableColumn = {name: 'Age', type: 'string', priority: 0, description: 'CreationTimestamp'};
const nameColumn: TableColumn = {name: 'Name', type: 'string', format: 'name', priority: 0, description: 'Name'};

const plain = {
	columns: [nameColumn, ageColumn],
	cells: (object: KubeObject, {age}: {readonly age: (moment: string | undefined) => string}): Cells => [
		object.metadata.name,
		age(object.metadata.creationTimestamp),
	],
};

const definition = ({name, type, format = '', priority, description = name}: TableColumn): JsonObject => ({
	name,
	type,
	format,
	description,
	priority,
});

/** How much of each object goes into its row. */
export type Include = 'None' | 'Metadata' | 'Object';

/** The Table of meta.k8s.io/v1 that `kubectl get` shows. Without columns in all but the first event of a watch. */
export function buildTable(
	resource: string,
	objects: readonly KubeObject[],
	options: {
		readonly now: number;
		readonly include: Include;
		readonly columns: boolean;
		readonly metadata: JsonObject;
	},
): JsonObject {
	const printer = printers[resource] ?? plain;
	const age = (moment: string | undefined) => {
		const at = parseTimestamp(moment);
		return at === undefined ? '<unknown>' : humanDuration(options.now - at);
	};
	return {
		kind: 'Table',
		apiVersion: 'meta.k8s.io/v1',
		metadata: options.metadata,
		columnDefinitions: options.columns ? printer.columns.map(definition) : null,
		rows: objects.map(object => ({
			cells: printer.cells(object, {now: options.now, age}),
			...(options.include === 'None' ? {} : {object: options.include === 'Object' ? object : partialMetadata(object)}),
		})),
	};
}

export const partialMetadata = (object: KubeObject): JsonObject => ({
	kind: 'PartialObjectMetadata',
	apiVersion: 'meta.k8s.io/v1',
	metadata: object.metadata,
});
