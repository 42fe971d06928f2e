// Package openapi holds a description of an API against the schema that the OpenAPI
// Initiative publishes, by an outside validator: npm's
// @seriousme/openapi-schema-validator, run by Node. It also follows every reference.
package openapi
