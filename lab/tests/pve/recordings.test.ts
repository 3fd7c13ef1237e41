// Release 9: the scenarios numbered 01 to 21, 40, 50 and 60 to 66 but 65, which is about virtual machines.
import { replay } from "./replay";

replay(9, {
  storages: "01 02 03 04",
  "configuration of containers": "10 11 12 13",
  "life of containers": "14 15 16 17",
  "copies, sizes and locks of containers": "18 19 20 21",
  "access and pvesh": "40 50",
  "API: authentication, rights": "60 63",
  "API: containers": "61 62 64",
  "API: storages and users": "66",
});
