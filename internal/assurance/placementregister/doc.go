// Package placementregister measures whether every store of the tenants lies where,
// and with whom, it was declared.
//
// # What it promises
//
// A label alone proves nothing: for each store that a promise speaks of (each
// placement, and the keyring) the region's own metadata is read anew and held
// against its declaration, and the engine is asked which file or database it has
// really opened. What lies in the folders of a region and is in no directory is found
// as well. A place that must be refused is tried as a dry run, after one that must be
// accepted was.
//
// # Words
//
// A row is one line of the parameter "allowed": for a country, a class or a duty it
// says which regions, codes of the provider, jurisdictions or engines are allowed. A
// store is one database of a tenant. Ground is the country on which a place says it
// stands.
//
// Source: mechanisms of the product, placement-register.
package placementregister
