// Every audit of graphql-http against one URL; says what is not "ok", and fails for it.
import { serverAudits } from "graphql-http";

const url = process.argv[2];
const audits = serverAudits({ url, fetchFn: fetch });
let wrong = 0;
for (const audit of audits) {
  const result = await audit.fn();
  if (result.status !== "ok") {
    wrong += 1;
    console.log(`${result.status} ${audit.id} ${audit.name}: ${result.reason}`);
  }
}
console.log(`${audits.length - wrong} of ${audits.length} audits ok at ${url}`);
process.exitCode = wrong || audits.length < 61 ? 1 : 0;
