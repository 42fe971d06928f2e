// Prints what is wrong with the document of the first argument, or nothing.
import { Validator } from "@seriousme/openapi-schema-validator";

const validator = new Validator();
const result = await validator.validate(process.argv[2]);
if (!result.valid) {
	console.log(JSON.stringify(result.errors, null, 1).slice(0, 4000));
} else if (validator.version !== "3.1") {
	console.log("version " + validator.version);
} else {
	validator.resolveRefs({ specification: validator.specification }); // throws where one leads nowhere
}
