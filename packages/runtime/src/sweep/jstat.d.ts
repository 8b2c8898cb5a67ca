declare module 'jstat' {
  const jstat: { readonly studentt: { readonly inv: (probability: number, degrees: number) => number } };
  export default jstat;
}
