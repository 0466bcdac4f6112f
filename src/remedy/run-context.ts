import type {Action, ActionContext, Preview} from '../contract/action.ts';
import type {ServerId} from '../contract/identity.ts';
import type {Row} from '../contract/row.ts';
import type {Target} from '../contract/target.ts';

/** Everything that one remedy needs in addition to its state. */
export type RunContext = {
	/** Id of the remedy, and of the audit record of its intent. */
	readonly id: string;
	readonly action: Action;
	readonly target: string;
	/** The selected rows; none for an undo. */
	readonly rows: readonly Row[];
	/** Creates the preview; called again to show what changed. */
	preview(context: ActionContext<unknown>): Promise<Preview>;
	/** Aborted when the remedy has ended: cancels its reads. What was sent is never aborted by this. */
	readonly reads: AbortController;
	/** Our user and the server, as the target reports them; set by the first read. */
	targetUser: string | undefined;
	server: ServerId | undefined;
};

/** An open connection of a target. */
export type LiveConnection = {
	readonly port: unknown;
	readonly target: Target;
	/** The user that the target says we are. */
	readonly targetUser?: string | undefined;
	readonly server?: ServerId | undefined;
};
