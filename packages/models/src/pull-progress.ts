/** What a pull is doing; `bytes` of the whole have arrived, which is 0 where nothing has to come. */
export interface PullProgress {
  readonly step: 'download' | 'unpack' | 'verify' | 'done';
  readonly bytes: number;
  readonly total: number;
}
