import {Text} from 'ink';
import {Component, type ReactNode} from 'react';
import {cleanLine} from '../src/text/clean.ts';

type Props = {readonly children: ReactNode};

/** Shows an error of a component in its place. Reads, actions and the audit go on without the screen. */
export class ErrorBoundary extends Component<Props, {readonly message: string | undefined}> {
	override state: {readonly message: string | undefined} = {message: undefined};

	static getDerivedStateFromError(error: unknown) {
		return {message: error instanceof Error ? error.message : String(error)};
	}

	override render() {
		if (this.state.message === undefined) return this.props.children;
		return (
			<Text>{`This screen cannot be drawn: ${cleanLine(this.state.message)}. Press ctrl+c to quit, then start midwatch again; the audit log is complete.`}</Text>
		);
	}
}
