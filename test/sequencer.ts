import {BaseSequencer, type TestSpecification} from 'vitest/node';

const isFailureModes = ({moduleId}: TestSpecification) => moduleId.includes('/e2e/failure-modes');

/** Runs the failure modes first: each waits for minutes, and the other files of their project run meanwhile. */
export class LongWaitsFirst extends BaseSequencer {
	override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
		const sorted = await super.sort(files);
		return [...sorted.filter(isFailureModes), ...sorted.filter(file => !isFailureModes(file))];
	}
}
