import { runPlugin } from "../shared/main";
import { proxmoxveProvider } from "./provider";

runPlugin(proxmoxveProvider());
