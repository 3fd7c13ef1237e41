// Release 8: the scenarios in which it answers otherwise than release 9.
import { replay } from "./replay";

replay(8, {
  storages: "01",
  containers: "10 13 17 18 19",
  "virtual machines": "30 34",
  "access and pvesh": "40 50",
  API: "60 64 65 66",
});
