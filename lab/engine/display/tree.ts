import { PlainDisplay } from "./plain";
export class TreeDisplay extends PlainDisplay {
  constructor(options: ConstructorParameters<typeof PlainDisplay>[0], out: NodeJS.WriteStream) {
    super(options, (text) => void out.write(text));
  }
}
