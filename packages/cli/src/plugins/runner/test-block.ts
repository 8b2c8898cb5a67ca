/** A test or a hook: plain or asynchronous. */
export type Body = () => unknown;

/** What `test` declares. */
export interface Test {
  readonly title: string;
  readonly body: Body;
  /** Milliseconds. */
  readonly timeout: number;
}

/** What `describe` declares: tests and blocks in the order in which they run, and their hooks. */
export interface Block {
  readonly title: string;
  readonly entries: (Test | Block)[];
  readonly beforeAll: Body[];
  readonly beforeEach: Body[];
  readonly afterEach: Body[];
  readonly afterAll: Body[];
}

/** A block without a content. */
export const emptyBlock = (title: string): Block => ({
  title,
  entries: [],
  beforeAll: [],
  beforeEach: [],
  afterEach: [],
  afterAll: [],
});
