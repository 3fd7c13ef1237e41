import { runPlugin } from "../shared/main";
import { commandProvider } from "./provider";

runPlugin(commandProvider);
