import process from 'node:process';

const endSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** A signal that ends the process. */
export type EndSignal = (typeof endSignals)[number];

/** Handlers of the events of the terminal and of the process. */
export type TtyEventHandlers = {
	data(chunk: Uint8Array | string): void;
	/** The terminal was closed. */
	hangUp(): void;
	/** Perhaps without a new size: SIGWINCH also comes when the size was another one for a moment. */
	resize(): void;
	signal(signal: EndSignal): void;
	/** Ctrl-Z of another program, or `kill -TSTP`. */
	stop(): void;
	/** The process was continued. */
	resume(): void;
	exit(): void;
	uncaughtError(error: unknown): void;
};

export type TtyEvents = {
	/** SIGTSTP stops the process, as it does without a handler, or calls the handler. */
	handleStop(on: boolean): void;
	close(): void;
};

/** Calls the handlers until `close`. */
export function listenToTty(handlers: TtyEventHandlers): TtyEvents {
	const onData = (chunk: Uint8Array | string) => handlers.data(chunk);
	const onHangUp = () => handlers.hangUp();
	const onResize = () => handlers.resize();
	const onStop = () => handlers.stop();
	const onResume = () => handlers.resume();
	const onExit = () => handlers.exit();
	const onError = (error: unknown) => handlers.uncaughtError(error);
	const onSignal = (signal: NodeJS.Signals) => {
		const known = endSignals.find(name => name === signal);
		if (known !== undefined) handlers.signal(known);
	};
	process.stdin.on('data', onData).on('end', onHangUp).on('error', onHangUp).resume();
	// Node reports a new size only; the signal also comes when the size is the same again.
	process.stdout.on('resize', onResize);
	process.on('SIGWINCH', onResize);
	for (const signal of endSignals) process.on(signal, onSignal);
	process.on('SIGTSTP', onStop).on('SIGCONT', onResume).on('exit', onExit).on('uncaughtException', onError);
	return {
		handleStop(on) {
			process.off('SIGTSTP', onStop);
			if (on) process.on('SIGTSTP', onStop);
		},
		close() {
			process.stdin.off('data', onData).off('end', onHangUp).off('error', onHangUp).pause();
			process.stdout.off('resize', onResize);
			process.off('SIGWINCH', onResize);
			for (const signal of endSignals) process.off(signal, onSignal);
			process.off('SIGTSTP', onStop).off('SIGCONT', onResume).off('exit', onExit).off('uncaughtException', onError);
		},
	};
}
