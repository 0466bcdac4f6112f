import type {Action, ActionContext, Preview} from '../contract/action.ts';
import type {ServerId} from '../contract/identity.ts';
import type {Row} from '../contract/row.ts';
import type {Target} from '../contract/target.ts';

/** What one remedy works with, beside its state. */
export type RunContext = {
	/** Of the remedy, and of the record of its intent. */
	readonly id: string;
	readonly action: Action;
	readonly target: string;
	/** What was selected; none for an undo. */
	readonly rows: readonly Row[];
	/** Makes the preview, and makes it again to tell what changed. */
	preview(context: ActionContext<unknown>): Promise<Preview>;
	/** Aborted when the remedy has ended: its reads are not waited for any longer. What was sent is never aborted by this. */
	readonly reads: AbortController;
	/** Who the system says we are, and which server it is, once it was asked. */
	who: string | undefined;
	server: ServerId | undefined;
};

/** A live connection. */
export type LiveConnection = {
	readonly port: unknown;
	readonly target: Target;
	/** Who the system says we are. */
	readonly who?: string | undefined;
	readonly server?: ServerId | undefined;
};
