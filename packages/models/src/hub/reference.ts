/** A model of the hub, as `OWNER/NAME[@REVISION][:FILE.gguf]` names it. */
export interface HubReference {
  /** `OWNER/NAME`. */
  readonly repository: string;
  /** A branch, tag or commit. Default: `main`. */
  readonly revision: string;
  /** One GGUF file of the repository; undefined: its safetensors. */
  readonly file: string | undefined;
}

const pattern =
  /^(?<repository>\w[\w.-]{0,95}\/\w[\w.-]{0,95})(?:@(?<revision>\w[\w.+/-]{0,127}))?(?::(?<file>[^:]+))?$/;

/** What a name says, or undefined where it does not name a model of the hub. */
export function parseReference(name: string): HubReference | undefined {
  const { repository, revision = 'main', file } = pattern.exec(name)?.groups ?? {};
  if (!repository || `${repository}/${revision}/${file ?? ''}`.includes('..')) return undefined;
  return { repository, revision, file };
}

/** The name again; without a revision where it is `main`. */
export function referenceName({ repository, revision, file }: HubReference): string {
  return `${repository}${revision === 'main' ? '' : `@${revision}`}${file ? `:${file}` : ''}`;
}
