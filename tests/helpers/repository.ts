import { resolve } from "node:path";

/** The project's own folder, with the files under test. */
export const repository = resolve(__dirname, "..", "..");
