// Release 9: every scenario.
import { replay } from "./replay";

replay(9, {
  storages: "01 02 03 04",
  "configuration of containers": "10 11 12 13",
  "life of containers": "14 15 16 17",
  "copies, sizes and locks of containers": "18 19 20 21",
  "virtual machines": "30 31 32",
  "snapshots and copies of virtual machines": "33 34",
  "access and pvesh": "40 50",
  "API: authentication, rights": "60 63",
  "API: containers": "61 62 64",
  "API: virtual machines": "65",
  "API: storages and users": "66",
});
