/** What an installation is doing. */
export interface InstallProgress {
  readonly step: 'check' | 'wait' | 'download' | 'unpack' | 'compile' | 'verify' | 'done';
  /** One line for people. */
  readonly message: string;
  /** Share of this step that is done, from 0 to 1, where it is known. */
  readonly fraction?: number;
}

/** Receives the lines of an installation. */
export type OnProgress = (progress: InstallProgress) => void;
