// Package imds is a small server that speaks as the metadata service of an AWS
// machine does (IMDSv2 alone) and refuses what that one refuses: a question without
// a token or with one that has run out, a token asked for through a proxy or for
// too long, a path that is not there. Tests and the demo use it where no such
// machine is at hand.
//
// It knows the token, the instance identity document and the placement. Say changes
// what it answers, as if the machine stood elsewhere. Source: the user guide of EC2,
// "Use the Instance Metadata Service".
package imds
