import {Text} from 'ink';
import {Component, type ReactNode} from 'react';
import {cleanLine} from '../src/text/clean.ts';

type Props = {readonly children: ReactNode};

/** A fault in drawing is told in its place: reads, actions and the record go on without the picture. */
export class ErrorBoundary extends Component<Props, {readonly fault: string | undefined}> {
	override state: {readonly fault: string | undefined} = {fault: undefined};

	static getDerivedStateFromError(error: unknown) {
		return {fault: error instanceof Error ? error.message : String(error)};
	}

	override render() {
		if (this.state.fault === undefined) return this.props.children;
		return (
			<Text>{`This screen cannot be drawn: ${cleanLine(this.state.fault)}. Press ctrl+c to leave and start again; nothing that was done is lost.`}</Text>
		);
	}
}
