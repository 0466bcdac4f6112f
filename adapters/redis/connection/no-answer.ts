import {AdapterError} from '../../../src/errors.ts';

/** Creates the error of a read whose signal fired before the server answered. `command` is upper case, or `a connection`. */
export const noAnswerError = (address: string, command: string) => (): AdapterError =>
	new AdapterError(
		'timeout',
		`${address} did not answer ${command} in time`,
		'The server is busy or hangs, or the network drops packets: look at its slow log and CPU.',
	);
