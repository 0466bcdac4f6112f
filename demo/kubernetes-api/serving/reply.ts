import type {ServerResponse} from 'node:http';
import type {Socket} from 'node:net';
import {gzip} from 'node:zlib';
import type {Clock} from '../../../src/time/clock.ts';
import type {Fault} from '../objects/fault.ts';

/** The response to a client, to which a fault can be applied. After it is closed, writes are dropped. */
export type ResponseWriter = {
	readonly closed: boolean;
	onClose(call: () => void): void;
	/** Sends a complete response. */
	send(code: number, headers: Readonly<Record<string, string>>, body: string | Buffer): void;
	/** Sends status and headers of a response whose body is sent by `write`. */
	open(headers: Readonly<Record<string, string>>): void;
	write(text: string): void;
	end(): void;
	/** Applies a fault to the response, which may be in flight. */
	injectFault(fault: Fault): void;
	readonly withoutBookmarks: boolean;
};

/** The real server compresses responses above this size, for clients that accept it. */
const gzipFromBytes = 128 * 1024;
/** A reader that is so far behind is cut off, as the real server does when its buffer is full. */
const maxBufferedBytes = 64 * 1024 * 1024;

/** The faults of one response. */
type InjectedFaults = {
	/** Nothing more is sent, and the connection stays open. */
	readonly silent: boolean;
	readonly withoutBookmarks: boolean;
	readonly delayMs: number;
	/** The response ends in the middle once so many characters were sent. */
	readonly truncateAfter: number | undefined;
};

const noFaults: InjectedFaults = {silent: false, withoutBookmarks: false, delayMs: 0, truncateAfter: undefined};

/** @param sent characters that were sent before. */
function withFault(faults: InjectedFaults, fault: Fault, sent: number): InjectedFaults {
	switch (fault.kind) {
		case 'stall':
		case 'half-open':
			return {...faults, silent: true};
		case 'drop-bookmarks':
			return {...faults, withoutBookmarks: true};
		case 'truncate':
			return {...faults, truncateAfter: sent + (fault.after ?? 0)};
		case 'slow':
			return {...faults, delayMs: fault.delayMs};
		default:
			return faults;
	}
}

export function createResponseWriter(response: ServerResponse, takesGzip: boolean, clock: Clock): ResponseWriter {
	const closers = new Set<() => void>();
	let closed = false;
	let faults = noFaults;
	let sent = 0;

	const close = () => {
		if (closed) return;
		closed = true;
		for (const call of closers) call();
	};
	response.on('close', close);
	response.on('error', close);

	/** In the order of the calls, each after the delay that held when it was made. */
	function later(call: () => void) {
		if (faults.delayMs === 0) return call();
		clock.after(faults.delayMs, () => {
			if (!closed) call();
		});
	}

	function deliver(code: number, headers: Readonly<Record<string, string>>, body: Buffer) {
		if (closed || faults.silent) return;
		const sized = {...headers, 'content-length': String(body.length)};
		if (faults.truncateAfter !== undefined) {
			response.writeHead(code, sized);
			response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.socket?.destroy());
			return close();
		}
		later(() => response.writeHead(code, sized).end(body));
	}

	return {
		get closed() {
			return closed;
		},
		get withoutBookmarks() {
			return faults.withoutBookmarks;
		},
		onClose: call => void (closed ? call() : closers.add(call)),
		send(code, headers, body) {
			const bytes = Buffer.from(body);
			if (!takesGzip || bytes.length < gzipFromBytes) return deliver(code, headers, bytes);
			gzip(bytes, {level: 1}, (error, packed) => {
				if (error === null) deliver(code, {...headers, 'content-encoding': 'gzip', vary: 'Accept-Encoding'}, packed);
				else response.destroy();
			});
		},
		open(headers) {
			if (closed || faults.silent) return;
			later(() => {
				response.writeHead(200, headers);
				response.flushHeaders();
			});
		},
		write(text) {
			if (closed || faults.silent) return;
			if (faults.truncateAfter !== undefined && sent + text.length > faults.truncateAfter) {
				if (breakOff(response, text)) close();
				return;
			}
			sent += text.length;
			later(() => {
				response.write(text);
				if (response.writableLength > maxBufferedBytes) response.destroy();
			});
		},
		end() {
			if (closed || faults.silent) return;
			later(() => response.end());
		},
		injectFault(fault) {
			if (fault.kind === 'reset') rawSocket(response)?.resetAndDestroy();
			if (fault.kind === 'reset' || fault.kind === 'cut') response.destroy();
			faults = withFault(faults, fault, sent);
		},
	};
}

/** Ends in the middle of a chunk: its length is announced, and not all of it comes. Returns false when the connection is closed already. */
function breakOff(response: ServerResponse, text: string): boolean {
	const part = text.slice(0, Math.max(1, Math.floor(text.length / 2)));
	const {socket} = response;
	if (socket === null) return false;
	response.flushHeaders();
	socket.write(`${Buffer.byteLength(text).toString(16)}\r\n${part}`, () => socket.destroy());
	return true;
}

/** The TCP connection under TLS: only that can be reset. */
function rawSocket({socket}: ServerResponse): Socket | undefined {
	const parent = socket === null ? undefined : (socket as Socket & {readonly _parent?: Socket})._parent;
	return parent ?? socket ?? undefined;
}
