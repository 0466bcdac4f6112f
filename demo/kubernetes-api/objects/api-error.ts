import type {JsonObject} from './kube-object.ts';

/** An error response of the API server: an HTTP status and a body of kind Status. */
export class ApiError extends Error {
	readonly code: number;
	readonly reason: string;
	readonly details: JsonObject | undefined;

	constructor(code: number, reason: string, message: string, details?: JsonObject) {
		super(message);
		this.name = 'ApiError';
		this.code = code;
		this.reason = reason;
		this.details = details;
	}

	/** The body of the response. */
	get status(): JsonObject {
		return {
			kind: 'Status',
			apiVersion: 'v1',
			metadata: {},
			status: 'Failure',
			message: this.message,
			reason: this.reason,
			...(this.details === undefined ? {} : {details: this.details}),
			code: this.code,
		};
	}
}

/** The object that an error is about. `resource` has its group, as kubectl writes it: `deployments.apps`. */
export type ErrorSubject = {readonly resource: string; readonly name?: string};

function details({resource, name}: ErrorSubject): JsonObject {
	const [kind, ...group] = resource.split('.');
	return {...(name === undefined ? {} : {name}), ...(group.length === 0 ? {} : {group: group.join('.')}), kind};
}

const called = ({resource, name}: ErrorSubject) => `${resource} "${name ?? ''}"`;

export const notFound = (about: ErrorSubject): ApiError =>
	new ApiError(404, 'NotFound', `${called(about)} not found`, details(about));

/** The error for a path that this server does not serve. */
export const noSuchPath = (): ApiError =>
	new ApiError(404, 'NotFound', 'the server could not find the requested resource', {});

export const alreadyExists = (about: ErrorSubject): ApiError =>
	new ApiError(409, 'AlreadyExists', `${called(about)} already exists`, details(about));

export const conflict = (about: ErrorSubject, why: string): ApiError =>
	new ApiError(409, 'Conflict', `Operation cannot be fulfilled on ${called(about)}: ${why}`, details(about));

/** The error for a write that is based on an older version of the object. */
export const modified = (about: ErrorSubject): ApiError =>
	conflict(about, 'the object has been modified; please apply your changes to the latest version and try again');

export const invalid = (about: ErrorSubject & {readonly kind: string}, field: string, why: string): ApiError =>
	new ApiError(422, 'Invalid', `${about.kind} "${about.name ?? ''}" is invalid: ${field}: ${why}`, {
		...details(about),
		kind: about.kind,
		causes: [{reason: 'FieldValueInvalid', message: why, field}],
	});

export const badRequest = (message: string): ApiError => new ApiError(400, 'BadRequest', message);

export const unauthorized = (): ApiError => new ApiError(401, 'Unauthorized', 'Unauthorized');

export const methodNotAllowed = (about: ErrorSubject): ApiError =>
	new ApiError(
		405,
		'MethodNotAllowed',
		'the server does not allow this method on the requested resource',
		details(about),
	);

export const forbidden = (about: ErrorSubject, why: string): ApiError =>
	new ApiError(
		403,
		'Forbidden',
		about.name === undefined ? `${about.resource} is forbidden: ${why}` : `${called(about)} is forbidden: ${why}`,
		details(about),
	);

/** The error for a version that is older than the retained history. */
export const tooOld = (wanted: number, oldest: number): ApiError =>
	new ApiError(410, 'Expired', `too old resource version: ${wanted} (${oldest})`);

export const continueTooOld = (): ApiError =>
	new ApiError(
		410,
		'Expired',
		'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.',
	);

export const tooNew = (wanted: number, newest: number): ApiError =>
	new ApiError(504, 'Timeout', `Timeout: Too large resource version: ${wanted}, current: ${newest}`, {
		causes: [{reason: 'ResourceVersionTooLarge', message: 'Too large resource version'}],
		retryAfterSeconds: 1,
	});

export const tooManyRequests = (message: string, retryAfterSeconds: number, causes?: readonly JsonObject[]): ApiError =>
	new ApiError(429, 'TooManyRequests', message, {
		...(causes === undefined ? {} : {causes}),
		...(retryAfterSeconds > 0 ? {retryAfterSeconds} : {}),
	});
