# What needs more than one sample: matrices, patients, MultiQC.  Only finished samples take part.


def evidence(names):
    return [path for name in names for path in SAMPLES[name]["outputs"]]


rule matrix:
    input:
        evidence(config["expressed"]),
        samples="samples.tsv",
    output:
        "expression/counts.tsv.gz",
        "expression/tpm.tsv.gz",
        "expression/fpkm.tsv.gz",
    log:
        "logs/matrix.log",
    resources:
        mem_mb=4000,
    shell:
        "{STEP} --name matrix:cohort --log {log} --output {output} -- "
        "{LEUKOSCOPE} matrix --samples {input.samples} --evidence . --outdir @expression/"


rule patient:
    input:
        lambda wildcards: evidence(PATIENTS[wildcards.patient]),
        samples="samples.tsv",
    output:
        diagnosis="patients/{patient}/diagnosis.json",
        report="patients/{patient}/report.html",
    log:
        "logs/patient/{patient}.log",
    shell:
        "{STEP} --name patient:{wildcards.patient} --log {log} --output {output} -- "
        "{LEUKOSCOPE} patient --samples {input.samples} --patient {wildcards.patient} --evidence . "
        "--reference .leukoscope/reference --outdir @patients/{wildcards.patient}/"


rule multiqc:
    input:
        evidence(SAMPLES),
        samples="samples.tsv",
    output:
        "multiqc/multiqc_report.html",
        "multiqc/fusions_mqc.tsv",
    log:
        "logs/multiqc.log",
    resources:
        mem_mb=2000,
    shell:
        "{STEP} --name multiqc:cohort --log {log} --output {output} -- "
        "{LEUKOSCOPE} multiqc --samples {input.samples} --evidence . --outdir @multiqc/"
